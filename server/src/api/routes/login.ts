/** The login form: a person types a token once, the browser keeps a cookie that scripts cannot read. Works without JavaScript. */
import { Router } from "express";
import { readBody } from "../body.ts";
import { createSession, holderOf, SESSION_COOKIE, SESSION_MS, type Token } from "../auth.ts";

/** A token and its field name. */
const MAX_FORM_BYTES = 4096;

const page = (failed: boolean): string => `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>Sillage: log in</title>
    <style>
      body { font: 16px/1.5 system-ui, sans-serif; background: #111217; color: #ccccdc; display: grid; place-items: center; min-height: 90vh; }
      form { display: grid; gap: 12px; width: 320px; }
      input, button { font: inherit; padding: 8px 10px; border-radius: 2px; border: 1px solid #6e7080; background: #181b1f; color: inherit; }
      button { background: #3d71d9; border-color: #3d71d9; color: #fff; cursor: pointer; }
      [role="alert"] { color: #ff9999; margin: 0; }
    </style>
  </head>
  <body>
    <form method="post" action="/login">
      <h1>Sillage</h1>
      <label for="token">Token (one of <code>api.tokens</code>)</label>
      <input id="token" name="token" type="password" autocomplete="current-password" required autofocus />
      ${failed ? '<p role="alert">This token is not known.</p>' : ""}
      <button>Log in</button>
    </form>
  </body>
</html>
`;

export function loginRoutes(tokens: readonly Token[], now: () => number): Router {
  return Router()
    .get("/login", (_request, response) => {
      response.set("Cache-Control", "no-store").type("html").send(page(false));
    })
    .post("/login", async (request, response) => {
      const offered = new URLSearchParams(await readBody(request, MAX_FORM_BYTES)).get("token") ?? "";
      const name = holderOf(tokens, offered.trim());
      const token = tokens.find((known) => known.name === name);
      response.set("Cache-Control", "no-store");
      if (token === undefined) {
        response.status(401).type("html").send(page(true));
        return;
      }
      response.cookie(SESSION_COOKIE, createSession(token, now()), {
        httpOnly: true,
        sameSite: "strict",
        secure: request.secure,
        maxAge: SESSION_MS,
        path: "/",
      });
      response.redirect(303, "/");
    })
    .post("/logout", (_request, response) => {
      response.clearCookie(SESSION_COOKIE, { path: "/" });
      response.redirect(303, "/login");
    });
}
