/* What Grafana's server writes into its page and @grafana/runtime and @grafana/ui read while they are loaded. */
(function boot() {
  const stored = window.localStorage.getItem("sillage.theme");
  const theme = stored || (window.matchMedia("(prefers-color-scheme: light)").matches ? "light" : "dark");
  document.documentElement.className = "theme-" + theme;
  window.__grafana_public_path__ = "/public/";
  window.grafanaBootData = {
    assets: { dark: "", light: "" },
    settings: {
      buildInfo: { version: "13.2.2", commit: "preview", env: "production" },
      featureToggles: {},
      datasources: {},
      appSubUrl: "",
      appUrl: window.location.origin + "/",
      namespace: "default",
    },
    user: { theme: theme, locale: "en-US", language: "en-US", timezone: "browser", weekStart: "monday", orgRole: "Admin" },
    navTree: [],
  };
})();
