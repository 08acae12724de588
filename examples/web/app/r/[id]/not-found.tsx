import {Header} from '@/components/workbench/Header'

export default function NotFound() {
  return (
    <>
      <Header form={null} />
      <main className="notice">
        <h1>This result is not here</h1>
        <p>
          No result is kept at this address: it was never shared from this server, the time for which it was kept is
          over, or its file was removed. A link to the request, which carries no result, still runs.
        </p>
        <p>
          <a href="/">Run a backtest</a>
        </p>
      </main>
    </>
  )
}
