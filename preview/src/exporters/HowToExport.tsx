import { ClipboardButton, Tab, TabsBar, useStyles2 } from "@grafana/ui";
import { css } from "@emotion/css";
import type { GrafanaTheme2 } from "@grafana/data";
import { useState } from "react";

interface Recipe {
  device: string;
  lines: (host: string, port: number) => string;
}

/** The shortest configuration of common exporters. Short template and active timeouts, so that flows show soon. */
const RECIPES: readonly Recipe[] = [
  { device: "softflowd (any Linux host)", lines: (host, port) => `softflowd -i eth0 -v 9 -n ${host}:${port} -t maxlife=60` },
  {
    device: "Cisco IOS, IOS XE",
    lines: (host, port) => `flow exporter SILLAGE
 destination ${host}
 transport udp ${port}
 export-protocol netflow-v9
 template data timeout 60
flow monitor SILLAGE
 record netflow ipv4 original-input
 exporter SILLAGE
 cache timeout active 60
interface GigabitEthernet0/0
 ip flow monitor SILLAGE input`,
  },
  {
    device: "MikroTik",
    lines: (host, port) => `/ip traffic-flow set enabled=yes active-flow-timeout=1m
/ip traffic-flow target add dst-address=${host} port=${port} version=ipfix`,
  },
  {
    device: "Open vSwitch (sFlow)",
    lines: (host, port) =>
      `ovs-vsctl -- --id=@s create sflow agent=eth0 target=\\"${host}:${port}\\" sampling=1000 polling=20 -- set bridge br0 sflow=@s`,
  },
  { device: "No exporter at hand", lines: () => "npm start -- --demo" },
];

/** How to make a device send flows here. @param ports UDP ports; every protocol is understood on each. */
export function HowToExport({ ports }: { ports: readonly number[] }) {
  const styles = useStyles2(getStyles);
  const [chosen, setChosen] = useState(0);
  const local = ["localhost", "127.0.0.1", "[::1]"].includes(window.location.hostname);
  const host = local ? "SILLAGE" : window.location.hostname;
  const text = RECIPES[chosen]?.lines(host, ports[0] ?? 2055) ?? "";
  return (
    <div>
      <p>
        Send NetFlow v5, v9, IPFIX or sFlow v5 over UDP to port {ports.join(", ")}
        {local ? " of this machine (SILLAGE below stands for its address)" : ` of ${host}`}. Every protocol is understood on every port.
      </p>
      <TabsBar>
        {RECIPES.map(({ device }, index) => (
          <Tab key={device} label={device} active={index === chosen} onChangeTab={() => setChosen(index)} />
        ))}
      </TabsBar>
      <div className={styles.recipe}>
        <pre className={styles.lines}>{text}</pre>
        <ClipboardButton icon="copy" variant="secondary" size="sm" getText={() => text}>
          Copy
        </ClipboardButton>
      </div>
    </div>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  recipe: css({ display: "flex", gap: theme.spacing(1), alignItems: "flex-start", paddingTop: theme.spacing(1) }),
  lines: css({ flex: 1, margin: 0, whiteSpace: "pre-wrap", fontFamily: theme.typography.fontFamilyMonospace }),
});
