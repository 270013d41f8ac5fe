// Words of the parts that are shown alone.

export const english = {
  turnStrip: "Strip of turns",
  noTurns: "No turns yet.",
  comparison: "Comparison",
  nothingToCompare: "Choose two pictures to compare.",
  promptBox: "Prompt box",
};

export const chinese: typeof english = {
  turnStrip: "历史条",
  noTurns: "还没有历史记录。",
  comparison: "图片比较",
  nothingToCompare: "请选择要比较的两张图片。",
  promptBox: "提示词框",
};
