/**
 * The beginning of a JSON text whose end is missing or spoilt: the last complete values of it, with what is open closed.
 * Null where not even its first bracket can be read.
 */
export function salvagedJson(text: string): unknown {
  const cuts = cutsOf(text)
  let found: unknown = null
  let [low, high] = [0, cuts.length] // whatever is whole up to a cut is whole up to every earlier one
  while (low < high) {
    const middle = (low + high) >> 1
    const read = parsed(cuts[middle] ?? '')
    if (read === undefined) high = middle
    else {
      found = read
      low = middle + 1
    }
  }
  return found
}

/** The text up to each place after which it can be closed, closed. */
function cutsOf(text: string): string[] {
  const cuts: string[] = []
  const open: string[] = []
  const cut = (at: number) => cuts.push(text.slice(0, at) + [...open].reverse().join(''))
  let quoted = false
  for (let at = 0; at < text.length; at += 1) {
    const sign = text.charAt(at)
    if (sign === '"') quoted = !quoted
    else if (quoted) at += sign === '\\' ? 1 : 0
    else if (sign === ',') cut(at)
    else if (sign === '{' || sign === '[') {
      open.push(sign === '{' ? '}' : ']')
      cut(at + 1)
    } else if (sign === '}' || sign === ']') {
      open.pop()
      cut(at + 1)
    }
  }
  return cuts
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
