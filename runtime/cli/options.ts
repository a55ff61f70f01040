/** Options that several commands take, spelled once. */
import { Option } from 'commander'

/** `--set`: one value each time, so that a recipe may follow it. */
export const setOption = (): Option =>
  new Option('--set <path=value>', 'change a value: params.tile=64; may be repeated').argParser(collect)

/** `--store`. */
export const storeOption = (): Option =>
  new Option('--store <dir>', 'folder of results (default: TERROIR_STORE or .terroir)')

/** Gathers the values of an option that may be repeated. */
export const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value]
