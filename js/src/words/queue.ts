// Words about work under way.

import type { RemedyCard } from "../protocol";
import { duration } from "./duration";
import { straight } from "./straight";

export const english = {
  stop: "Stop",
  stopping: "Stopping…",
  progress: "Progress",
  stages: {
    queued: "Waiting",
    downloading: "Downloading the model",
    loading: "Loading the model",
    painting: "Painting",
    composing: "Composing",
    storing: "Saving",
    done: "Done",
  } as Record<string, string>,
  step: (step: number, steps: number) => `step ${step} of ${steps}`,
  megabytes: (done: number, all: number) => `${done} of ${all} MB`,
  left: (seconds: number) => `about ${duration(seconds, "s", "min")} left`,
  queue: "In the queue",
  pictures: (count: number) => (count === 1 ? "1 picture" : `${count} pictures`),
  moveUp: (prompt: string) => `Move up: ${prompt}`,
  moveDown: (prompt: string) => `Move down: ${prompt}`,
  cancel: (prompt: string) => `Cancel: ${prompt}`,
  andMore: (count: number) => `and ${count} more`,
  showMore: "Show more",
  showFewer: "Show fewer",
  failed: (prompt: string) => `“${straight(prompt)}” could not be painted.`,
  remedy: ({ label }: RemedyCard) => label,
  nowDoing: (stage: string, prompt: string) => `${stage}: ${prompt}`,
  outcome: (state: "done" | "failed" | "cancelled", prompt: string) =>
    ({ done: `Finished: ${prompt}`, failed: "", cancelled: `Stopped: ${prompt}` })[state],
  sideBySide: (prompt: string) => `Pictures: ${prompt}`,
  variant: (index: number, count: number) => `Picture ${index} of ${count}`,
  toCome: (index: number, count: number) => `Picture ${index} of ${count}, still to come`,
  pickOne: "Pick the one to go on from.",
  ready: (done: number, count: number) => `${done} of ${count} ready`,
  closeGrid: "Show one picture",
  showGrid: "Show all pictures",
};

export const chinese: typeof english = {
  stop: "停止",
  stopping: "正在停止…",
  progress: "进度",
  stages: {
    queued: "排队中",
    downloading: "正在下载模型",
    loading: "正在加载模型",
    painting: "正在作画",
    composing: "正在合成",
    storing: "正在保存",
    done: "完成",
  },
  step: (step, steps) => `第 ${step}/${steps} 步`,
  megabytes: (done, all) => `${done}/${all} MB`,
  left: (seconds) => `剩余约 ${duration(seconds, "秒", "分钟")}`,
  queue: "队列",
  pictures: (count) => `${count} 张`,
  moveUp: (prompt) => `上移：${prompt}`,
  moveDown: (prompt) => `下移：${prompt}`,
  cancel: (prompt) => `取消：${prompt}`,
  andMore: (count) => `还有 ${count} 个`,
  showMore: "显示更多",
  showFewer: "收起",
  failed: (prompt) => `“${straight(prompt)}”生成失败。`,
  remedy: remedyInChinese,
  nowDoing: (stage, prompt) => `${stage}：${prompt}`,
  outcome: (state, prompt) => ({ done: `已完成：${prompt}`, failed: "", cancelled: `已停止：${prompt}` })[state],
  sideBySide: (prompt) => `图片：${prompt}`,
  variant: (index, count) => `第 ${index}/${count} 张`,
  toCome: (index, count) => `第 ${index}/${count} 张，尚未完成`,
  pickOne: "选一张继续。",
  ready: (done, count) => `已完成 ${done}/${count} 张`,
  closeGrid: "只看一张",
  showGrid: "查看全部图片",
};

/** The kernel says its ways on in English, with the size or the setting in them. */
function remedyInChinese({ kind, label }: RemedyCard): string {
  switch (kind) {
    case "smaller":
      return `改画 ${/\d+\s*×\s*\d+/.exec(label)?.[0] ?? "更小的尺寸"}`;
    case "fewer":
      return label.includes("reference") ? "不用参考图" : "只画一张";
    case "memory":
      return `改用 ${/memory="[^"]*"/.exec(label)?.[0] ?? "更省内存的方式"}`;
    case "again":
      return label.includes("seed") ? "换个种子再试" : "再试一次";
  }
}
