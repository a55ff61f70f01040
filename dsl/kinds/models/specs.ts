// Generated from the registries of dsl/kinds by npm run build
import type { MammutModel } from './mammut.ts'
import type { OpenClipModel } from './openclip.ts'

/** An architecture. @discriminator kind */
export type Model = MammutModel | OpenClipModel

export type { MammutModel, TokenizerSpec } from './mammut.ts'
export type { OpenClipModel } from './openclip.ts'
