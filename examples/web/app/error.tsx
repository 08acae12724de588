'use client'

import {Notice} from '@/components/workbench/Notice'

/** What a visitor sees where this page itself has failed; the server's log, or the browser's, says why. */
export default function PageError({error}: {readonly error: Error & {readonly digest?: string}}) {
  return (
    <Notice heading="This page has failed">
      <title>Failed – Backtest</title>
      <p>
        The fault is this page’s, not yours. The address still has what was run last: try again, or begin anew.
        {error.digest !== undefined && (
          <>
            {' '}
            The server’s log has it under <code>{error.digest}</code>.
          </>
        )}
      </p>
      <p>
        <button type="button" className="button" onClick={() => location.reload()}>
          Try again
        </button>{' '}
        <a href="/">Begin anew</a>
      </p>
    </Notice>
  )
}
