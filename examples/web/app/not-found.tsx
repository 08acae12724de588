import type {Metadata} from 'next'
import {Notice} from '@/components/workbench/Notice'

export const metadata: Metadata = {title: 'Not found – Backtest'}

export default function NotFound() {
  return (
    <Notice heading="There is no page at this address">
      <p>
        The link may be old, or was cut off on its way. The form, the examples and every run start from the first page.
      </p>
      <p>
        <a href="/">Go to the first page</a>
      </p>
    </Notice>
  )
}
