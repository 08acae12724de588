import { describe, expect, it } from 'vitest';
import { memberText } from '../src/member-text.js';

describe('memberText', () => {
  it.each([
    ['{"a":1,"result":{"x":[1.0,2e-7],"result":0},"z":null}', '{"x":[1.0,2e-7],"result":0}'],
    ['{ "result" : 1.50 , "a": {"result": 2} }', '1.50'],
    ['{"a":{"result":3},"b":["result",{"result":4}],"result":[]}', '[]'],
    ['{"a":"\\"result\\":5,}{","result":"\\\\"}', '"\\\\"'],
    ['{"\\u0072esult":"東京 \\n"}', '"東京 \\n"'],
    ['{"a":"result","b":1}', undefined],
    ['{"a":{"b":[{"result":1}]}}', undefined],
    ['{}', undefined],
    ['[{"result":1}]', undefined],
    ['{"result":1', undefined],
    ['', undefined],
  ])('of %s is %s', (json, expected) => {
    expect(memberText(json, 'result')).toBe(expected);
  });

  it('reads a long text in one go', () => {
    const long = JSON.stringify({
      text: 'x\\"'.repeat(1_000_000),
      list: Array.from({ length: 300_000 }, (_, i) => i / 7),
    });
    expect(memberText(`{"a":${long},"result":${long}}`, 'result')).toBe(long);
  }); // what reads it again for every token exceeds the time of a test
});
