import { type Answer, keepText } from '../answer.js';
import { memberText } from '../member-text.js';

/** A packet of engine.io, as the socket's manager emits it before it is read. */
interface Packet {
  type: string;
  data?: unknown;
}

/**
 * The texts of results, noted as they arrive and before the socket has parsed them: the runner's own bytes. They are kept
 * by job, of which the result never changes, until the listener of the packet has had the time to take them.
 */
export class ResultTexts {
  readonly #texts = new Map<string, string>();

  readonly note = ({ type, data }: Packet): void => {
    if (type !== 'message' || typeof data !== 'string' || !data.includes('"success":')) return;
    const told = data.slice(data.indexOf('{'), data.lastIndexOf('}') + 1); // an event, or an acknowledgement
    const id = memberText(told, 'id');
    const job = memberText(told, 'job');
    const text = memberText(told, 'results') ?? memberText(told, 'error') ?? (job && memberText(job, 'result'));
    if (id === undefined || text === undefined) return;
    this.#texts.set(id, text);
    setTimeout(() => this.#texts.delete(id), 0);
  };

  /** Let a job's answer keep the text that it came as. */
  give(id: string, answer: Answer): void {
    const text = this.#texts.get(JSON.stringify(id));
    if (text !== undefined) keepText(answer, text);
  }
}
