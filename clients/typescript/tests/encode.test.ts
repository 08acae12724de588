import { describe, expect, it } from 'vitest';
import { encodeRequest } from '../src/encode.js';
import { BacktestError } from '../src/index.js';

function problemsOf(value: unknown): [string, string][] {
  try {
    encodeRequest(value);
  } catch (error) {
    if (error instanceof BacktestError) return error.problems.map(({ pointer, detail }) => [pointer, detail]);
    throw error;
  }
  return [];
}

describe('encodeRequest', () => {
  it('leaves to the runner whatever is JSON', () => {
    for (const value of [{}, [], null, true, 'text', 1, { a: [1, null, { b: undefined }] }]) {
      expect(encodeRequest(value)).toBe(JSON.stringify(value));
    }
  });

  it('points at every number that JSON has no word for', () => {
    expect(problemsOf({ a: [1, Number.NaN], 'b/c~d': Infinity, n: 10n })).toEqual([
      ['/a/1', 'NaN is not a JSON number'],
      ['/b~1c~0d', 'Infinity is not a JSON number'],
      ['/n', 'a BigInt is not a JSON number'],
    ]);
  });

  it('refuses a cycle, and takes the same object twice', () => {
    const cycle: Record<string, unknown> = {};
    cycle['self'] = [cycle];
    expect(problemsOf(cycle)).toEqual([['/self/0', 'contains itself']]);
    const shared = { symbol: 'AAPL' };
    expect(encodeRequest([shared, shared])).toBe('[{"symbol":"AAPL"},{"symbol":"AAPL"}]');
  });

  it('refuses what is no value at all, throws, or is nested without end', () => {
    expect(problemsOf(undefined)).toEqual([['', 'undefined cannot be written as JSON']]);
    expect(problemsOf(() => 1)).toEqual([['', 'function cannot be written as JSON']]);
    const throwing = {
      toJSON: () => {
        throw new Error('no');
      },
    };
    expect(problemsOf(throwing)).toEqual([['', 'cannot be written as JSON']]);
    let deep: unknown = 1;
    for (let depth = 0; depth < 100_000; depth += 1) deep = [deep];
    expect(problemsOf(deep)).toEqual([['', 'cannot be written as JSON']]);
  });

  it('counts every problem and lists a hundred', () => {
    try {
      encodeRequest(Array.from({ length: 250 }, () => Number.NaN));
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({ document: { detail: '250 problems' } });
      expect((error as BacktestError).problems).toHaveLength(100);
    }
  });
});
