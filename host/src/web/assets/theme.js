// Puts the chosen theme on the page before it is painted. Never touches anything else.
try {
  const theme = localStorage.getItem('tollgate-theme');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
} catch { /* storage is off: the system's theme it is */ }
