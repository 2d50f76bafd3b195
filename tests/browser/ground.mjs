// The ground on which the pages are tried: a sealed home with a configured project, stand-in tools, a
// board, and the real `tollgate`. Owns every process that is started in it, and ends them all.
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, linkSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const BIN = resolve(process.env.TOLLGATE_BIN_DIR ?? join(here, '../../target/release'));
const CACHE = join(here, 'node_modules/.cache/tollgate'); // compiled adapters, the same for all houses

export class Ground {
  constructor() {
    this.root = mkdtempSync(join(tmpdir(), 'tollgate-browser-'));
    this.project = join(this.root, 'home/atlas');
    for (const it of ['bin', 'tmp', 'home/atlas']) mkdirSync(join(this.root, it), { recursive: true });
    mkdirSync(CACHE, { recursive: true });
    this.env = { PATH: join(this.root, 'bin'), HOME: join(this.root, 'home'), TMPDIR: join(this.root, 'tmp'), TOLLGATE_CACHE_DIR: CACHE, LANG: 'C.UTF-8', USER: 'annie' };
  }

  /** A file of the project. */
  write(path, text) {
    const at = join(this.project, path);
    mkdirSync(dirname(at), { recursive: true });
    writeFileSync(at, text);
  }
  /** JSON is YAML. */
  configure(files) { for (const [name, it] of Object.entries(files)) this.write(`.tollgate/${name}.yaml`, JSON.stringify(it, null, 2)); }

  /** A stand-in of this name plays `script` from now on; runs that are under way keep theirs. */
  tool(name, script) {
    const at = join(this.root, 'bin', name);
    try { linkSync(join(BIN, 'fake-agent'), at); } catch (error) { if (error.code === 'EXDEV') { copyFileSync(join(BIN, 'fake-agent'), at); chmodSync(at, 0o755); } else if (error.code !== 'EEXIST') throw error; }
    writeFileSync(`${at}.script.json`, JSON.stringify(script));
  }
  file(name, text) { const at = join(this.root, 'tmp', name); writeFileSync(at, text); return at; }

  /** Runs a command to its end; `codes` are the statuses that it may end with. */
  run(args, codes = [0], input = '') {
    const it = spawnSync(join(BIN, 'tollgate'), args, { cwd: this.project, env: this.env, encoding: 'utf8', input, timeout: 60000, maxBuffer: 64 << 20 });
    if (!codes.includes(it.status)) throw new Error(`tollgate ${args.join(' ').slice(0, 200)}: status ${it.status} ${it.error ?? ''}\n${it.stdout}\n${it.stderr}`);
    return it.stdout;
  }
  json(args, codes, input) { return JSON.parse(this.run([...args, '--json'], codes, input)); }

  /** Starts the server; `port` 0 takes a free one. Its key stays over restarts, unless `newKey`. */
  async serve({ port = 0, newKey = false } = {}) {
    const child = spawn(join(BIN, 'tollgate'), ['serve', '--json', '--port', String(port), ...(newKey ? ['--new-key'] : [])], { cwd: this.project, env: this.env, stdio: ['ignore', 'pipe', 'pipe'] });
    let complaint = '';
    child.stderr.setEncoding('utf8').on('data', (text) => { complaint += text; });
    this.server = child;
    this.gone = new Promise((tell) => { child.once('exit', tell); });
    let text = '';
    const said = await new Promise((tell, fail) => {
      const lines = createInterface(child.stdout);
      lines.on('line', (it) => { text += it; try { tell(JSON.parse(text)); } catch { /* the document goes on */ } });
      child.once('exit', (code) => fail(new Error(`tollgate serve ended with ${code}: ${complaint}`)));
    });
    const [url, token] = said.url.split('/#k=');
    Object.assign(this, { url, token, port: said.port });
  }
  async stop(signal = 'SIGTERM') {
    if (this.server?.exitCode === null && this.server.signalCode === null) { this.server.kill(signal); await this.gone; }
  }
  /** The server goes, `meanwhile` happens, and it comes back at the same address. */
  async restart({ signal = 'SIGTERM', newKey = false, meanwhile } = {}) {
    await this.stop(signal);
    await meanwhile?.();
    await this.serve({ port: this.port, newKey });
  }

  /** Everybody whose program or folder lies in here: supervisors, stand-ins, what they left behind. */
  occupants() {
    const lives = (pid) => ['exe', 'cwd'].some((it) => { try { return readlinkSync(`/proc/${pid}/${it}`).startsWith(`${this.root}/`); } catch { return false; } })
      || (() => { try { return readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0').includes(`HOME=${this.env.HOME}`); } catch { return false; } })();
    return readdirSync('/proc').filter((it) => /^\d+$/.test(it) && Number(it) !== process.pid && lives(it)).map(Number);
  }
  /** Ends everybody, and clears the ground. */
  async leave() {
    await this.stop('SIGKILL');
    for (let quiet = 0, looks = 0; quiet < 2 && looks < 200; looks++) {
      const found = this.occupants();
      quiet = found.length ? 0 : quiet + 1;
      for (const pid of found) try { process.kill(pid, 'SIGKILL'); } catch { /* it was faster */ }
      await new Promise((go) => { setTimeout(go, 20); });
    }
    rmSync(this.root, { recursive: true, force: true, maxRetries: 5 });
  }
}
