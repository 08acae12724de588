import {pictureOf, SIZE} from '@/lib/server/picture'
import {sharedAt} from '@/lib/server/shared-page'

export const alt = 'The growth of the portfolio, with its final value, its yearly return and its deepest fall'
export const size = SIZE
export const contentType = 'image/png'

/** The picture that previews of the page's link show. */
export default async function Image({params}: {readonly params: Promise<{readonly id: string}>}): Promise<Response> {
  const found = await sharedAt((await params).id)
  if (found === null) return new Response('There is no such result.\n', {status: 404})
  return new Response(await pictureOf(found.result), {headers: {'Content-Type': contentType}})
}
