/** `1 line`, `2,000 lines`. */
export function count(many: number, what: string): string {
  return `${number(many)} ${what}${many === 1 ? '' : 's'}`;
}

export function number(value: number): string {
  return value.toLocaleString('en-US');
}

/** `2 h 5 min`. */
export function duration(seconds: number): string {
  if (seconds < 60) return count(seconds, 'second');
  if (seconds < 3600) return count(Math.round(seconds / 60), 'minute');
  return `${number(Math.floor(seconds / 3600))} h ${Math.floor((seconds % 3600) / 60)} min`;
}
