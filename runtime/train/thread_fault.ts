/** Faults as messages of a thread: an error that is posted to another thread loses its class. */
import { DataFault, type DataPlace, UserFault } from '../../dsl/diagnostics/faults.ts'
import { faultText } from '../store/files.ts'

/** A fault as data. */
export type ThreadFault =
  | { readonly class: 'user'; readonly text: string; readonly place: string | undefined }
  | { readonly class: 'data'; readonly text: string; readonly place: DataPlace }
  | { readonly class: 'other'; readonly text: string }

/** Describes anything that a thread threw. */
export function describeFault(thrown: unknown): ThreadFault {
  const text = faultText(thrown)
  if (thrown instanceof UserFault) return { class: 'user', text, place: thrown.place }
  if (thrown instanceof DataFault) return { class: 'data', text, place: thrown.place }
  return { class: 'other', text }
}

/** The error of a description, of the same class where that is a fault of the user or of data; `prefix` precedes its text. */
export function restoreFault(fault: ThreadFault, prefix = ''): Error {
  const text = `${prefix}${fault.text}`
  switch (fault.class) {
    case 'user':
      return new UserFault(text, { place: fault.place })
    case 'data':
      return new DataFault(text, fault.place)
    case 'other':
      return new Error(text)
  }
}
