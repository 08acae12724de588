const NEWLINE = 0x0a;

/** Bytes to lines: each is decoded once it is whole, so that a character split between two chunks stays one. */
export class Lines {
  #pieces: Buffer[] = [];

  /** How many bytes of a line that has not ended yet are held. */
  pending = 0;

  *push(chunk: Buffer): Generator<string, void, void> {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      this.#pieces.push(chunk.subarray(start, end));
      start = end + 1;
      yield this.take();
    }
    if (start < chunk.length) {
      this.#pieces.push(chunk.subarray(start));
      this.pending += chunk.length - start;
    }
  }

  /** What is held of a line, whether or not a newline has ended it. */
  take(): string {
    const line = Buffer.concat(this.#pieces).toString('utf8');
    this.#pieces = [];
    this.pending = 0;
    return line.endsWith('\r') ? line.slice(0, -1) : line;
  }
}
