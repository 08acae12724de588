/** Shared results by their ids; the same for the page and its server. */
export const isResultId = (text: string): boolean => /^sha256:[0-9a-f]{64}$/.test(text)

/** Where a shared result is shown. */
export const pageOf = (id: string): string => `/r/${id}`

/** Where its document is, and where it is sent to be kept. */
export const documentAddress = (id: string): string => `/api/results/${id}`
