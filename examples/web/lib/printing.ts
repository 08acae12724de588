/** While the page is being printed. */
import {useSyncExternalStore} from 'react'

let printing = false

function subscribe(told: () => void): () => void {
  const follow = ({type}: Event) => {
    printing = type === 'beforeprint'
    told()
  }
  addEventListener('beforeprint', follow)
  addEventListener('afterprint', follow)
  return () => {
    removeEventListener('beforeprint', follow)
    removeEventListener('afterprint', follow)
  }
}

export const usePrinting = (): boolean =>
  useSyncExternalStore(
    subscribe,
    () => printing,
    () => false,
  )
