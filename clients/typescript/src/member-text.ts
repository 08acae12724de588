const STRING = '"[^"\\\\]*(?:\\\\.[^"\\\\]*)*"';
const AT_THE_TOP = new RegExp(`${STRING}|[[\\]{},:]`, 'g');
const INSIDE = new RegExp(`${STRING}|[[\\]{}]`, 'g');

/** The text of a member of a JSON object, as it stands in the object's own text; undefined where there is none. */
export function memberText(json: string, name: string): string | undefined {
  let at = 0;
  let depth = 0;
  let key: string | undefined; // of the member that is being read
  let begins = -1; // where its value does; -1 before its colon
  for (;;) {
    const pattern = depth > 1 ? INSIDE : AT_THE_TOP; // only at the top do commas and colons tell anything
    pattern.lastIndex = at;
    const found = pattern.exec(json);
    if (found === null) return undefined;
    const [token] = found;
    at = pattern.lastIndex;
    const ends = depth === 1 && (token === ',' || token === '}');
    if (ends && begins >= 0 && key === name) return json.slice(begins, found.index).trim();
    if (token === '{' || token === '[') depth += 1;
    else if (token === '}' || token === ']') depth -= 1;
    else if (depth !== 1) continue;
    else if (token === ':') begins = at;
    else if (token === ',') begins = -1;
    else if (begins < 0) key = JSON.parse(token) as string;
  }
}
