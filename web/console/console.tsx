import { render } from "preact";
import { useBell } from "./live.js";
import { ConsoleModel } from "./model.js";
import { Chat } from "./chat.js";
import { List } from "./list.js";
import { Login } from "./login.js";
import { Side } from "./side.js";
import { Top } from "./top.js";
import { demoWords } from "./words.js";

function App({ model }: { model: ConsoleModel }) {
  useBell(model.changes);
  const demo = demoWords(model.session?.clockSpeed ?? 1);
  switch (model.stage) {
    case "starting": return null;
    case "unreachable": return <main class="lonely"><p role="status">Heti cannot be reached. Trying again …</p></main>;
    case "login": return <Login model={model} title="Heti console" purpose="Log in to answer your visitors." />;
    case "work":
      return (
        <div class={model.selected ? "desk chosen" : "desk"}>
          {demo ? <p class="demo" data-testid="demo-clock">{demo}</p> : null}
          <Top model={model} />
          <List model={model} />
          <Chat model={model} />
          <Side model={model} />
          <p class={model.notice ? "notice shown" : "notice"} role="status">{model.notice}</p>
        </div>
      );
  }
}

const model = new ConsoleModel();
render(<App model={model} />, document.getElementById("app")!);
model.start();
