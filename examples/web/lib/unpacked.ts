/** More content than may be imported. */
export class TooLarge extends Error {}

/** The content of a file, unpacked where it is gzip, with the name that it then has. Throws TooLarge. */
export async function contentOf(file: File, mostBytes: number): Promise<{name: string; content: ArrayBuffer}> {
  if (!/\.gz$/i.test(file.name)) return {name: file.name, content: await file.arrayBuffer()}
  const pieces: Uint8Array[] = []
  let size = 0
  const reader = file.stream().pipeThrough(new DecompressionStream('gzip')).getReader()
  for (;;) {
    const {done, value} = await reader.read()
    if (done) break
    size += value.byteLength
    if (size > mostBytes) {
      await reader.cancel()
      throw new TooLarge()
    }
    pieces.push(value)
  }
  return {name: file.name.slice(0, -3), content: await new Blob(pieces as BlobPart[]).arrayBuffer()}
}
