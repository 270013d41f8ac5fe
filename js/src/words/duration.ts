// Times as people say them.

export function duration(seconds: number, second: string, minute: string): string {
  if (seconds < 90) return `${Math.max(1, Math.round(seconds))} ${second}`;
  return `${Math.round(seconds / 60)} ${minute}`;
}
