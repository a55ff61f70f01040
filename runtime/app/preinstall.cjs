/**
 * Runs before the install scripts of dependencies, where terroir is installed as a package.
 *
 * The install script of onnxruntime-node downloads a CUDA provider of some hundred megabytes on Linux, and fails the
 * whole installation where its host cannot be reached. The package computes without that provider, so that the script
 * is made to end at once, unless it is asked for: `ONNXRUNTIME_NODE_INSTALL=cuda12 npm rebuild onnxruntime-node`.
 */
const { readFileSync, renameSync, writeFileSync } = require('node:fs')
const { dirname, join } = require('node:path')

const names = ['ONNXRUNTIME_NODE_INSTALL', 'ONNXRUNTIME_NODE_INSTALL_CUDA']
const settings = [...names, ...names.map(name => `npm_config_${name.toLowerCase()}`)].map(name => `process.env.${name}`)
const condition = `if (!(${settings.join(' || ')})) process.exit(0) // set by terroir: see its preinstall script\n`

try {
  const script = join(dirname(require.resolve('onnxruntime-node/package.json')), 'script/install.js')
  const text = readFileSync(script, 'utf8')
  if (!text.startsWith(condition)) {
    // The file may be shared with other projects by a hard link, so that it is replaced and not written into.
    writeFileSync(`${script}.new`, condition + text)
    renameSync(`${script}.new`, script)
  }
} catch {
  // Nothing is there to change: another layout of node_modules, or another release of onnxruntime-node.
}
