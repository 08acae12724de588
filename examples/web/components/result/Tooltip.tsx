'use client'

import {useEffect, useId, useRef} from 'react'
import styles from './ui.module.css'

/**
 * One tooltip for everything below `root` that has data-tip, by hover, focus and touch: a table of a thousand cells
 * costs nothing that way. It can be hovered itself, and Escape closes it (WCAG 1.4.13).
 */
export function Tooltip({root}: {root: React.RefObject<HTMLElement | null>}) {
  const tip = useRef<HTMLDivElement>(null)
  const id = useId()

  useEffect(() => {
    const box = tip.current
    const area = root.current
    if (!box || !area) return
    let target: Element | null = null
    let leaving: ReturnType<typeof setTimeout> | undefined

    const hide = () => {
      clearTimeout(leaving)
      target?.removeAttribute('aria-describedby')
      target = null
      box.hidden = true
    }
    const show = (event: Event) => {
      const from = event.target instanceof Element ? event.target : null
      if (from && box.contains(from)) {
        clearTimeout(leaving)
        return
      }
      const found = from?.closest('[data-tip]') ?? null
      if (found && found === target) {
        clearTimeout(leaving)
        return
      }
      if (!found || !area.contains(found)) {
        if (target && event.type === 'mouseover') {
          clearTimeout(leaving)
          leaving = setTimeout(hide, 120) // long enough to move onto the tooltip
        } else hide()
        return
      }
      hide()
      target = found
      box.replaceChildren(...linesOf(found.getAttribute('data-tip') ?? ''))
      box.hidden = false
      found.setAttribute('aria-describedby', id)
      place(box, found)
    }
    const onEscape = (event: KeyboardEvent) => {
      if (event.key === 'Escape') hide()
    }
    const scrolled = () => target && hide()

    document.addEventListener('mouseover', show)
    document.addEventListener('focusin', show)
    document.addEventListener('focusout', hide)
    document.addEventListener('scroll', scrolled, {passive: true, capture: true})
    document.addEventListener('keydown', onEscape)
    return () => {
      hide()
      document.removeEventListener('mouseover', show)
      document.removeEventListener('focusin', show)
      document.removeEventListener('focusout', hide)
      document.removeEventListener('scroll', scrolled, {capture: true})
      document.removeEventListener('keydown', onEscape)
    }
  }, [root, id])

  return <div ref={tip} id={id} role="tooltip" className={styles.tip} hidden />
}

/** The first line is for everybody, the others are the definition behind it. */
function linesOf(tip: string): HTMLElement[] {
  return tip.split('\n').map((text, n) => {
    const line = document.createElement('span')
    line.textContent = text
    if (n > 0) line.className = styles.exact ?? ''
    return line
  })
}

function place(box: HTMLElement, by: Element): void {
  const anchor = by.getBoundingClientRect()
  const size = box.getBoundingClientRect()
  const width = document.documentElement.clientWidth
  const below = anchor.bottom + 6 + size.height < window.innerHeight
  box.style.left = `${Math.max(8, Math.min(anchor.left, width - size.width - 8))}px`
  box.style.top = `${below ? anchor.bottom + 4 : Math.max(8, anchor.top - size.height - 4)}px`
}
