/** Starts `steplint server` and shows what it asks and says; everything else is the language server's own work. */

import * as path from "node:path";
import * as vscode from "vscode";
import { LanguageClient, type LanguageClientOptions, type ServerOptions } from "vscode-languageclient/node";

interface Question {
  prompt: string;
  choices?: string[];
}

interface Shown {
  title: string;
  language: string;
  text: string;
}

let client: LanguageClient | undefined;
let shown: Texts | undefined;

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  shown = new Texts();
  context.subscriptions.push(
    vscode.workspace.registerTextDocumentContentProvider(Texts.scheme, shown),
    vscode.commands.registerCommand("steplint.restart", restart),
    vscode.workspace.onDidGrantWorkspaceTrust(restart),
    vscode.workspace.onDidChangeConfiguration(async (change) => {
      if (change.affectsConfiguration("steplint.command")) {
        await restart();
      }
    }),
  );
  await start();
}

export async function deactivate(): Promise<void> {
  await client?.stop();
}

async function restart(): Promise<void> {
  await client?.stop();
  client = undefined;
  await start();
}

async function start(): Promise<void> {
  const options: LanguageClientOptions = {
    documentSelector: [
      { scheme: "file", language: "python" },
      { scheme: "file", pattern: "**/*.lock" },
    ],
    initializationOptions: { trusted: vscode.workspace.isTrusted, asks: true, shows: true },
  };
  client = new LanguageClient("steplint", "steplint", server(), options);
  client.onRequest("steplint/ask", ask);
  client.onNotification("steplint/show", show);
  try {
    await client.start();
  } catch (error) {
    const help = "Install it with `pip install 'steplint[lsp]'`, or set `steplint.command`.";
    void vscode.window.showErrorMessage(`steplint: the language server did not start: ${String(error)}. ${help}`);
  }
}

/** Returns how the server is started; a relative program lies in the first workspace folder. */
function server(): ServerOptions {
  const [program = "steplint", ...args] = vscode.workspace
    .getConfiguration("steplint")
    .get<string[]>("command", ["steplint", "server"]);
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath;
  const relative = program.includes("/") && !path.isAbsolute(program);
  const command = relative && folder !== undefined ? path.join(folder, program) : program;
  return { command, args, options: { cwd: folder } };
}

async function ask(question: Question): Promise<string | null> {
  const answer =
    question.choices === undefined || question.choices === null
      ? await vscode.window.showInputBox({ prompt: question.prompt, ignoreFocusOut: true })
      : await vscode.window.showQuickPick(question.choices, { placeHolder: question.prompt, ignoreFocusOut: true });
  return answer ?? null;
}

async function show(text: Shown): Promise<void> {
  const uri = shown?.put(text);
  if (uri !== undefined) {
    const document = await vscode.workspace.openTextDocument(uri);
    await vscode.window.showTextDocument(document, { preview: true, viewColumn: vscode.ViewColumn.Beside });
  }
}

/** Texts of the server as documents that cannot be edited, the newest under each title. */
class Texts implements vscode.TextDocumentContentProvider {
  static readonly scheme = "steplint";
  private readonly texts = new Map<string, string>();
  private readonly changed = new vscode.EventEmitter<vscode.Uri>();
  readonly onDidChange = this.changed.event;

  put(text: Shown): vscode.Uri {
    const uri = vscode.Uri.from({ scheme: Texts.scheme, path: `/${text.title}` });
    this.texts.set(uri.toString(), text.text);
    this.changed.fire(uri);
    return uri;
  }

  provideTextDocumentContent(uri: vscode.Uri): string {
    return this.texts.get(uri.toString()) ?? "";
  }
}
