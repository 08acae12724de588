import {Notice} from './workbench/Notice'

/** In the place of a page that needs the runner. */
export function RunnerMissing({service}: {readonly service: boolean}) {
  return (
    <Notice heading="The runner does not answer">
      <title>Backtest</title>
      <p>
        This page needs Python and <code>backtest_runner.py</code>. Set <code>PYTHON_PATH</code> and{' '}
        <code>BACKTEST_RUNNER</code> to where they are
        {service && (
          <>
            , or start the service at <code>PYTHON_API_URL</code> and set <code>BACKTEST_WEB_MODE=api</code>
          </>
        )}
        , then load the page again; the server’s log says what was wrong.
      </p>
    </Notice>
  )
}
