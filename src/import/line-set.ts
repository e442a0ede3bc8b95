/** A set of line numbers, with one bit for each line of the file. */
export class LineSet {
  size = 0;
  private bits = new Uint8Array(1024);

  add(line: number): void {
    if (this.has(line)) return;
    const place = line >> 3;
    if (place >= this.bits.length) {
      const grown = new Uint8Array(Math.max(place + 1, this.bits.length * 2));
      grown.set(this.bits);
      this.bits = grown;
    }
    this.bits[place] = (this.bits[place] ?? 0) | (1 << (line & 7));
    this.size += 1;
  }

  has(line: number): boolean {
    return ((this.bits[line >> 3] ?? 0) & (1 << (line & 7))) !== 0;
  }
}
