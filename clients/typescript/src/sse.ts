/** One server-sent event. `event` is `message` where the server names none. */
export interface ServerSentEvent {
  event: string;
  data: string;
  /** The last id that the server has given, to come back with as `Last-Event-ID`; empty while there is none. */
  id: string;
}

/**
 * The events of a `text/event-stream` body, as they arrive. Cancels the body when the reader has had enough.
 * `onPiece` is told of whatever arrives, comments too.
 */
export async function* serverSentEvents(
  body: ReadableStream<Uint8Array>,
  onPiece?: () => void,
): AsyncGenerator<ServerSentEvent, void, void> {
  const reader = body.getReader();
  const decoder = new TextDecoder(); // drops a byte order mark, joins characters that two chunks share
  const parser = new EventParser();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      onPiece?.();
      yield* parser.push(decoder.decode(value, { stream: !done }));
      if (!done) continue;
      yield* parser.end();
      return;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

/** Lines to events, after the HTML standard; retry times are of no use here. */
class EventParser {
  #rest = '';
  #event = '';
  #data: string[] = [];
  #id = '';

  *push(text: string): Generator<ServerSentEvent, void, void> {
    this.#rest += text;
    const end = this.#rest.endsWith('\r') ? this.#rest.length - 1 : this.#rest.length; // perhaps half of a CRLF
    const lines = this.#rest.slice(0, end).split(/\r\n|\n|\r/);
    this.#rest = (lines.pop() ?? '') + this.#rest.slice(end);
    for (const line of lines) {
      if (line === '') yield* this.#dispatch();
      else this.#field(line);
    }
  }

  /** The stream is over. An event that no blank line has ended is dropped, as the standard has it. */
  *end(): Generator<ServerSentEvent, void, void> {
    if (this.#rest.endsWith('\r')) yield* this.push('\n');
  }

  #field(line: string): void {
    const colon = line.indexOf(':'); // 0: a comment, whose field has no name
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1);
    if (name === 'event') this.#event = value;
    else if (name === 'data') this.#data.push(value);
    else if (name === 'id' && !value.includes('\0')) this.#id = value;
  }

  *#dispatch(): Generator<ServerSentEvent, void, void> {
    if (this.#data.length > 0) {
      yield { event: this.#event || 'message', data: this.#data.join('\n'), id: this.#id };
    }
    this.#event = '';
    this.#data = [];
  }
}
