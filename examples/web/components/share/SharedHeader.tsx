import styles from '../workbench/Header.module.css'
import {Logo} from '../workbench/Logo'
import {ThemeSwitch} from '../workbench/ThemeSwitch'
import shared from './SharedView.module.css'

/** The head of a page that is only read. builder: the address of the form with its request; null where there is none. */
export function SharedHeader({builder}: {readonly builder: string | null}) {
  return (
    <header className={styles.header}>
      <a href="/" className={styles.brand}>
        <Logo />
        Backtest
      </a>
      {builder !== null && (
        <a href={builder} className={shared.builder}>
          Open in the builder
        </a>
      )}
      <ThemeSwitch />
    </header>
  )
}
