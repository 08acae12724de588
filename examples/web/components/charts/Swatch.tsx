import styles from './colours.module.css'

export type Colour = number | 'bench' | 'other' | 'cash' | null

/** The class that sets `color` to a series' colour; null is the benchmark's. */
export const colourClass = (colour: Colour): string =>
  styles[typeof colour === 'number' ? `c${colour}` : (colour ?? 'bench')] ?? ''

/** A sample of a series' colour beside its name. */
export const Swatch = ({colour, box = false}: {colour: Colour; box?: boolean}) => (
  <i className={`${box ? styles.box : styles.line} ${colourClass(colour)}`} aria-hidden="true" />
)
