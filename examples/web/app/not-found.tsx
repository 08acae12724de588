import type {Metadata} from 'next'
import {Header} from '@/components/workbench/Header'

export const metadata: Metadata = {title: 'Not found – Backtest'}

export default function NotFound() {
  return (
    <>
      <Header form={null} />
      <main className="notice">
        <h1>There is no page at this address</h1>
        <p>
          The link may be old, or was cut off on its way. The form, the examples and every run start from the first
          page.
        </p>
        <p>
          <a href="/">Go to the first page</a>
        </p>
      </main>
    </>
  )
}
