import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { ConfigEditor } from "./ConfigEditor.tsx";

type Props = Parameters<typeof ConfigEditor>[0];

function draw(changed: Partial<Props["options"]> = {}): { changes: Props["options"][] } {
  const changes: Props["options"][] = [];
  const options = {
    url: "",
    jsonData: {},
    secureJsonData: undefined,
    secureJsonFields: {},
    readOnly: false,
    ...changed,
  } as Props["options"];
  render(<ConfigEditor options={options} onOptionsChange={(next) => changes.push(next)} />);
  return { changes };
}

it("writes the URL down without blanks around it", async () => {
  const { changes } = draw();
  await userEvent.setup().type(screen.getByLabelText(/^URL/), "h");
  expect(changes.at(-1)?.url).toBe("h");
});

it("keeps the token in the secure part", async () => {
  const { changes } = draw({ url: "http://localhost:8055" });
  await userEvent.setup().type(screen.getByLabelText(/^API token/), "x");
  expect(changes.at(-1)).toMatchObject({ url: "http://localhost:8055", jsonData: {}, secureJsonData: { token: "x" } });
});

it("shows that there is a token but not which, and can forget it", async () => {
  const { changes } = draw({ secureJsonFields: { token: true } });
  expect(screen.getByLabelText(/^API token/)).toBeDisabled();
  await userEvent.setup().click(screen.getByRole("button", { name: "Reset" }));
  expect(changes.at(-1)).toMatchObject({ secureJsonData: { token: "" }, secureJsonFields: { token: false } });
});
