import {fieldId, outwards} from '@/lib/pointer'

/** Bring a field into view and give it the focus; the nearest one around it where it has none of its own. */
export function revealField(pointer: string): void {
  const ids = outwards(pointer).filter(Boolean).map(fieldId)
  const field = ids.map((id) => document.getElementById(id)).find((element) => element !== null)
  if (field === undefined) return
  for (let group = field.closest('details'); group !== null; group = group.parentElement?.closest('details') ?? null) {
    group.open = true
  }
  field.scrollIntoView({block: 'nearest'}) // as far as needed: the rest of the page stays where it is
  field.focus({preventScroll: true})
}
