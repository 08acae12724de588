import {refusal} from './answers'

/** The body of a request, read piece by piece, and no further than `most` bytes. */
export async function boundedBody(request: Request, most: number): Promise<Uint8Array<ArrayBuffer>> {
  const tooLarge = () => refusal('REQUEST_TOO_LARGE', `the document is larger than ${most} bytes`)
  if (Number(request.headers.get('Content-Length') ?? 0) > most) throw tooLarge()
  const pieces: Uint8Array[] = []
  let size = 0
  const reader = request.body?.getReader()
  for (;;) {
    const {done, value} = (await reader?.read()) ?? {done: true, value: undefined}
    if (done || value === undefined) break
    size += value.byteLength
    if (size > most) {
      await reader?.cancel().catch(() => undefined)
      throw tooLarge()
    }
    pieces.push(value)
  }
  const body = new Uint8Array(size)
  let at = 0
  for (const piece of pieces) {
    body.set(piece, at)
    at += piece.byteLength
  }
  return body
}
