// Words that every room uses.

export const english = {
  studio: "Pochade Studio",
  picture: "Picture",
  silent: "The kernel does not answer. It is busy, or it was restarted: then run this cell again.",
  gone: "The kernel was restarted. Run this cell again to go on.",
  closed: "This session is closed. Its turns are kept; pochade.open() brings them back.",
  readOnly: (holder: string | null) =>
    holder ? `Read-only: ${holder} holds this session.` : "Read-only: this session can be looked at, not continued.",
  noSubshells: "In this kernel Stop acts when the running cell ends; ■ in the notebook's toolbar interrupts now.",
  older: "The picture saved in the notebook is older. Run this cell again to save this one.",
  dismiss: "Dismiss",
  copy: "Copy",
  copied: "Copied",
};

export const chinese: typeof english = {
  studio: "Pochade 画室",
  picture: "图片",
  silent: "内核没有响应：它正忙，或已重启。若已重启，请重新运行此单元格。",
  gone: "内核已重启。请重新运行此单元格。",
  closed: "此会话已关闭，历史仍保留；用 pochade.open() 可重新打开。",
  readOnly: (holder) => (holder ? `只读：此会话由 ${holder} 使用。` : "只读：可以查看此会话，但不能继续。"),
  noSubshells: "此内核中，停止在当前单元格结束后才生效；用工具栏的 ■ 可立即中断。",
  older: "笔记本中保存的图片较旧。重新运行此单元格即可保存这一张。",
  dismiss: "关闭",
  copy: "复制",
  copied: "已复制",
};
