import {cache} from 'react'
import {resultStore, type SharedResult} from './shared-results'

/** The shared result that an address names, read once for a page and its head; null where there is none to be read. */
export const sharedAt = cache(async (segment: string): Promise<SharedResult | null> => {
  const reading = resultStore()?.read(segment.replace('%3A', ':')) ?? null // Next leaves a part of the address encoded
  return (
    reading?.catch((fault: unknown) => {
      console.error(fault) // for the operator: a file that is damaged, or a folder that cannot be read
      return null
    }) ?? null
  )
})
