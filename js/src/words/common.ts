// Words that every room uses.

import { OTHER_VERSION } from "../protocol";

export const english = {
  /** The language, as a page says it. */
  lang: "en",
  studio: "Pochade Studio",
  picture: "Picture",
  silent: "The kernel does not answer. It is busy, or it was restarted: then run this cell again.",
  gone: "The kernel was restarted. Run this cell again to go on.",
  closed: "This session is closed. Its turns are kept; pochade.open() brings them back.",
  readOnly: (holder: string | null) =>
    holder ? `Read-only: ${holder} holds this session.` : "Read-only: this session can be looked at, not continued.",
  noSubshells: "In this kernel Stop acts when the running cell ends; ■ in the notebook's toolbar interrupts now.",
  older: "The picture saved in the notebook is older. Run this cell again to save this one.",
  otherVersion: OTHER_VERSION,
  dismiss: "Dismiss",
  labelled: (label: string, value: string) => `${label}: ${value}`,
  copy: "Copy",
  copied: "Copied",
  notSent: "This was not sent, because the kernel was restarted. Run the cell again to go on.",
  noAnswer: "The kernel did not answer. Try again when it is less busy.",
  otherAnswer: "The kernel answered something else. Run the cell again.",
  viewClosed: "The view was closed.",
};

export const chinese: typeof english = {
  lang: "zh",
  studio: "Pochade 画室",
  picture: "图片",
  silent: "内核没有响应：可能正忙，也可能已重启。若已重启，请重新运行此单元格。",
  gone: "内核已重启。请重新运行此单元格以继续。",
  closed: "此会话已关闭，历史记录仍然保留；用 pochade.open() 可重新打开。",
  readOnly: (holder) => (holder ? `只读：此会话正由 ${holder} 使用。` : "只读：可以查看此会话，但不能继续。"),
  noSubshells: "在此内核中，“停止”要等当前单元格结束后才生效；点击工具栏的 ■ 可立即中断。",
  older: "笔记本中保存的图片较旧。重新运行此单元格即可保存当前这一张。",
  otherVersion: "此视图由另一版本的 pochade 创建。请保存笔记本，重新加载页面，再运行此单元格。",
  dismiss: "关闭",
  labelled: (label, value) => `${label}：${value}`,
  copy: "复制",
  copied: "已复制",
  notSent: "内核已重启，因此没有发送。请重新运行此单元格以继续。",
  noAnswer: "内核没有回答。请等它空闲后再试。",
  otherAnswer: "内核的回应与请求不符。请重新运行此单元格。",
  viewClosed: "此视图已关闭。",
};
