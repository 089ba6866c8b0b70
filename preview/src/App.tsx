import { ThemeContext } from "@grafana/data";
import { Alert, ErrorBoundaryAlert, GlobalStyles, IconButton, LoadingPlaceholder, PortalContainer, Tab, TabsBar, Text } from "@grafana/ui";
import type { ReactNode } from "react";
import { fetchJson } from "./api.ts";
import { DashboardPage } from "./dashboard/DashboardPage.tsx";
import type { DashboardEntry } from "./dashboard/model.ts";
import { ExplorePage } from "./explore/ExplorePage.tsx";
import { ExportersPage } from "./exporters/ExportersPage.tsx";
import { UntilFlowsArrive } from "./exporters/UntilFlowsArrive.tsx";
import { hashOf, sharedParams, useLocation } from "./location.ts";
import { useReaderTheme } from "./theme.ts";
import { useAnswer } from "./use-answer.ts";

const DASHBOARD = /^\/d\/([\w-]+)/;

export function App() {
  const [theme, toggleTheme] = useReaderTheme();
  const [location] = useLocation();
  const { data: dashboards, error } = useAnswer("dashboards", async () => (await fetchJson("/dashboards/index.json")) as DashboardEntry[]);
  const pages = [
    ...(dashboards ?? []).map(({ uid, title }) => ({ path: `/d/${uid}`, title })),
    { path: "/explore", title: "Explore" },
    { path: "/exporters", title: "Exporters" },
  ];
  // The first dashboard is the front page; until the list is there, nothing is.
  const path = location.path === "/" ? (dashboards || error ? pages[0]?.path : undefined) : location.path;
  const uid = DASHBOARD.exec(path ?? "")?.[1];

  return (
    <ThemeContext.Provider value={theme}>
      <GlobalStyles />
      <div style={{ minHeight: "100vh", background: theme.colors.background.canvas, padding: "0 16px 24px" }}>
        <header style={{ display: "flex", alignItems: "center", gap: 16 }}>
          <a href="#/" style={{ display: "flex", alignItems: "center", gap: 8, flex: "none" }}>
            <img src="/logo.svg" alt="" width={24} height={24} />
            <Text element="h1" variant="h4">
              Sillage
            </Text>
          </a>
          <nav style={{ flex: 1, minWidth: 0, overflowX: "auto" }}>
            <TabsBar>
              {pages.map((page) => (
                <Tab
                  key={page.path}
                  label={page.title}
                  active={page.path === path}
                  href={hashOf({ path: page.path, params: sharedParams(location.params) })}
                />
              ))}
            </TabsBar>
          </nav>
          <IconButton name="palette" tooltip={theme.isDark ? "Light theme" : "Dark theme"} onClick={toggleTheme} />
        </header>
        <main>
          <ErrorBoundaryAlert key={path}>
            {error && (
              <Alert severity="error" title={`The list of dashboards cannot be loaded: ${error.message}`}>
                {error.hint}
              </Alert>
            )}
            {page(path, uid)}
          </ErrorBoundaryAlert>
        </main>
      </div>
      <PortalContainer />
    </ThemeContext.Provider>
  );
}

function page(path: string | undefined, uid: string | undefined): ReactNode {
  if (path === undefined) return <LoadingPlaceholder text="Loading" />;
  if (path === "/exporters") return <ExportersPage />;
  if (path === "/explore") return <ExplorePage />;
  if (uid === undefined) return <Alert severity="info" title={`There is no page ${path}`} />;
  return (
    <UntilFlowsArrive>
      <DashboardPage uid={uid} />
    </UntilFlowsArrive>
  );
}
