package dev.hone.store.hub;

import java.io.IOException;
import java.net.ConnectException;
import java.net.UnknownHostException;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.channels.UnresolvedAddressException;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLHandshakeException;

/** When a failed request is worth another try, and how long to wait for it. */
final class Pauses {
  /** IETF draft ratelimit-headers: {@code "api";r=0;t=55}, t in seconds. */
  private static final Pattern RATE_LIMIT =
      Pattern.compile("r\\s*=\\s*0\\s*;\\s*t\\s*=\\s*(\\d{1,6})");

  private Pauses() {}

  /** What the server asks for; zero where it asks for nothing. */
  static Duration asked(HttpResponse<?> response) {
    String after = response.headers().firstValue("Retry-After").orElse("");
    if (after.matches("\\d{1,6}")) {
      return Duration.ofSeconds(Long.parseLong(after));
    }
    Matcher limit = RATE_LIMIT.matcher(response.headers().firstValue("ratelimit").orElse(""));
    return limit.find() ? Duration.ofSeconds(Long.parseLong(limit.group(1))) : Duration.ZERO;
  }

  /** No host of that name, nobody listening, no trust: the next try would end the same. */
  static boolean isHopeless(IOException e) {
    for (Throwable t = e; t != null; t = t.getCause()) {
      if (t instanceof UnknownHostException
          || t instanceof UnresolvedAddressException
          || t instanceof SSLHandshakeException) {
        return true;
      }
    }
    return e instanceof ConnectException && !(e.getCause() instanceof HttpTimeoutException);
  }

  /** In words, where the JDK gives none. */
  static String reason(IOException e) {
    for (Throwable t = e; t != null; t = t.getCause()) {
      if (t instanceof UnresolvedAddressException || t instanceof UnknownHostException) {
        return "no such host";
      }
    }
    if (e instanceof HttpTimeoutException) {
      return "no answer in time";
    }
    String message = e.getMessage();
    return message != null
        ? message.lines().findFirst().orElse("")
        : e instanceof ConnectException ? "no connection" : e.getClass().getSimpleName();
  }
}
