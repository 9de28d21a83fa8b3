import { render } from "preact";
import { useBell } from "./live.js";
import { ConsoleModel } from "./model.js";
import { Chat } from "./chat.js";
import { List } from "./list.js";
import { Login } from "./login.js";
import { Side } from "./side.js";
import { Top } from "./top.js";

function App({ model }: { model: ConsoleModel }) {
  useBell(model.changes);
  switch (model.stage) {
    case "starting": return null;
    case "unreachable": return <main class="lonely"><p role="status">Heti cannot be reached. Trying again …</p></main>;
    case "login": return <Login model={model} />;
    case "work":
      return (
        <div class={model.selected ? "desk chosen" : "desk"}>
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
