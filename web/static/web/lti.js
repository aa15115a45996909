// The answer to a learning management system: sent at once where there is one, and the window of a
// registration is closed by the platform when we say that we are done.

for (const form of document.querySelectorAll("form[data-send-at-once]")) form.submit();

for (const button of document.querySelectorAll("button[data-lti-close]")) {
  button.hidden = false;
  button.addEventListener("click", () => {
    // The platform's page may be at another host than its issuer; the message holds nothing.
    (window.opener || window.parent).postMessage({ subject: "org.imsglobal.lti.close" }, "*");
  });
}
