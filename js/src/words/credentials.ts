// Words about where a picture comes from.

export const english = {
  credentials: "Content Credentials",
  closeCredentials: "Close",
  checkingCredentials: "Checking the picture…",
  credentialStates: { trusted: "Trusted", valid: "Valid", invalid: "Invalid", none: "Not signed" },
  verdicts: {
    trusted: "Signed on this computer, and unchanged since.",
    valid: "Unchanged since it was signed. Whether the signer is who the file says is not known here.",
    invalid: "These credentials do not hold. What they say below may be false.",
    none: "Nothing in the file says where the picture comes from: signing was off, or it is from before there was any.",
  },
  tamperedSource:
    "The picture itself is as it was signed, but the credentials of one that it was made from do not hold.",
  signedBy: "Signed by",
  localKey: "shows that it comes from here, not who the person is",
  signedWhen: "When",
  signersClock: "by the signer’s clock",
  madeWith: "With",
  wasDone: "Done",
  wasMade: {
    ai: "Painted by AI",
    composite: "A picture changed by AI",
    untouched: "An opened picture, no pixel changed",
    other: "Not by AI, says its signer",
    unknown: null,
  },
  deed: (_kind: string, words: string) => words,
  deedBy: " by ",
  itsPrompt: "Prompt",
  madeFrom: "Made from",
  relations: {
    parentOf: "the picture that was changed",
    inputTo: "a reference",
    componentOf: "a part of it",
  } as Readonly<Record<string, string>>,
  sourcesElsewhere: "What it was made from is listed elsewhere here.",
  moreSources: (count: number) => (count === 1 ? "1 more picture" : `${count} more pictures`),
};

/** By the last part of C2PA's names; what is not here is said as the kernel says it. */
const DEEDS: Readonly<Record<string, string>> = {
  created: "创建",
  opened: "打开",
  edited: "修改",
  placed: "置入",
  transcoded: "转换格式",
  converted: "转换格式",
  resized: "调整大小",
  cropped: "裁剪",
  published: "发布",
};

export const chinese: typeof english = {
  credentials: "内容凭证",
  closeCredentials: "关闭",
  checkingCredentials: "正在核验图片…",
  credentialStates: { trusted: "可信", valid: "有效", invalid: "无效", none: "未签名" },
  verdicts: {
    trusted: "在本机签名，此后未被改动。",
    valid: "签名后未被改动，但无法在此确认签名者的身份。",
    invalid: "这些凭证不成立，下面的内容可能不实。",
    none: "文件中没有说明图片来源：当时未启用签名，或图片早于签名功能。",
  },
  tamperedSource: "图片本身与签名时一致，但它的某个来源图片的凭证不成立。",
  signedBy: "签名者",
  localKey: "表明图片出自本机，不表明个人身份",
  signedWhen: "时间",
  signersClock: "以签名者的时钟为准",
  madeWith: "工具",
  wasDone: "操作",
  wasMade: {
    ai: "由 AI 绘制",
    composite: "由 AI 修改的图片",
    untouched: "打开的图片，像素未改动",
    other: "签名者称并非由 AI 制作",
    unknown: null,
  },
  deed: (kind, words) => DEEDS[kind.replace("c2pa.", "")] ?? words,
  deedBy: "，使用 ",
  itsPrompt: "提示词",
  madeFrom: "来源",
  relations: { parentOf: "被修改的图片", inputTo: "参考图", componentOf: "其中一部分" },
  sourcesElsewhere: "它的来源已在此处另行列出。",
  moreSources: (count) => `还有 ${count} 张图片`,
};
