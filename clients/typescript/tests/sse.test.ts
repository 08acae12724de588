import { describe, expect, it } from 'vitest';
import { type ServerSentEvent, serverSentEvents } from '../src/sse.js';

/** The events in a body that arrives in chunks of so many bytes. */
async function eventsOf(text: string, size = Infinity): Promise<ServerSentEvent[]> {
  const bytes = new TextEncoder().encode(text);
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (let at = 0; at < bytes.length; at += size) controller.enqueue(bytes.slice(at, at + size));
      controller.close();
    },
  });
  const events: ServerSentEvent[] = [];
  for await (const event of serverSentEvents(body)) events.push(event);
  return events;
}

describe('serverSentEvents', () => {
  const text = [
    '\uFEFF: a comment',
    'event: progress',
    'data: {"a":',
    'data:  1}',
    '',
    'data:no space 東京🚀',
    'id: 7',
    'retry: 10',
    '',
    'event: empty',
    '',
    'event',
    'data',
    '',
    'nothing: known',
    'data: x:y',
    '',
    'data: cut',
  ];
  const expected = [
    { event: 'progress', data: '{"a":\n 1}', id: '' },
    { event: 'message', data: 'no space 東京🚀', id: '7' },
    { event: 'message', data: '', id: '7' },
    { event: 'message', data: 'x:y', id: '7' },
  ];

  for (const [name, newline] of Object.entries({ LF: '\n', CRLF: '\r\n', CR: '\r' })) {
    for (const size of [1, 2, 3, 7, Infinity]) {
      it(`reads lines that end in ${name}, ${size} bytes at a time`, async () => {
        expect(await eventsOf(text.join(newline), size)).toEqual(expected);
      });
    }
  }

  it('takes an event that ends with the stream, and drops one that has not ended', async () => {
    for (const newline of ['\n', '\r\n', '\r']) {
      expect(await eventsOf(`data: whole${newline}${newline}`, 1)).toHaveLength(1);
      expect(await eventsOf(`data: cut${newline}`, 1)).toHaveLength(0);
    }
  });

  it('cancels the body when its reader has had enough', async () => {
    let cancelled = false;
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new TextEncoder().encode('data: again\n\n')),
      cancel: () => {
        cancelled = true;
      },
    });
    for await (const { data } of serverSentEvents(body)) {
      expect(data).toBe('again');
      break;
    }
    expect(cancelled).toBe(true);
  });
});
