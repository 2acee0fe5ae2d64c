package dev.hone.store.hub;

import dev.hone.error.HoneException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.SocketAddress;
import java.net.URI;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;

/** The proxies that HTTPS_PROXY, HTTP_PROXY and ALL_PROXY name, but for the hosts in NO_PROXY. */
final class Proxies extends ProxySelector {
  private final Optional<InetSocketAddress> plain;
  private final Optional<InetSocketAddress> secure;
  private final List<String> direct;

  private Proxies(
      Optional<InetSocketAddress> plain, Optional<InetSocketAddress> secure, List<String> direct) {
    this.plain = plain;
    this.secure = secure;
    this.direct = direct;
  }

  /** The JVM's own choice where no variable is set. */
  static ProxySelector of(Function<String, Optional<String>> get) {
    Optional<InetSocketAddress> all = address(get, "ALL_PROXY");
    Optional<InetSocketAddress> plain = address(get, "HTTP_PROXY").or(() -> all);
    Optional<InetSocketAddress> secure = address(get, "HTTPS_PROXY").or(() -> all);
    if (plain.isEmpty() && secure.isEmpty()) {
      return ProxySelector.getDefault();
    }
    List<String> direct =
        Arrays.stream(either(get, "NO_PROXY").orElse("").split("[,\\s]+"))
            .map(host -> host.toLowerCase(Locale.ROOT).replaceFirst("^\\*?\\.", ""))
            .filter(host -> !host.isEmpty())
            .toList();
    return new Proxies(plain, secure, direct);
  }

  private static Optional<String> either(Function<String, Optional<String>> get, String name) {
    return get.apply(name).or(() -> get.apply(name.toLowerCase(Locale.ROOT)));
  }

  private static Optional<InetSocketAddress> address(
      Function<String, Optional<String>> get, String name) {
    return either(get, name).map(text -> address(name, text));
  }

  private static InetSocketAddress address(String name, String text) {
    try {
      URI uri = URI.create(text.contains("://") ? text : "http://" + text);
      if (uri.getHost() != null && uri.getUserInfo() == null && "http".equals(uri.getScheme())) {
        return InetSocketAddress.createUnresolved(
            uri.getHost(), uri.getPort() < 0 ? 80 : uri.getPort());
      }
    } catch (IllegalArgumentException e) {
      // said below, without the text: it may hold a password
    }
    throw new HoneException(
        name + " is not understood; expected http://host:port (no user, no SOCKS)");
  }

  @Override
  public List<Proxy> select(URI uri) {
    Optional<InetSocketAddress> proxy = "https".equals(uri.getScheme()) ? secure : plain;
    return isDirect(uri)
        ? List.of(Proxy.NO_PROXY)
        : proxy.map(Proxies::resolved).orElse(List.of(Proxy.NO_PROXY));
  }

  /** Looked up each time: a laptop moves from net to net. */
  private static List<Proxy> resolved(InetSocketAddress proxy) {
    return List.of(
        new Proxy(Proxy.Type.HTTP, new InetSocketAddress(proxy.getHostString(), proxy.getPort())));
  }

  private boolean isDirect(URI uri) {
    String host = String.valueOf(uri.getHost()).toLowerCase(Locale.ROOT);
    return direct.stream()
        .anyMatch(
            d ->
                d.equals("*")
                    || d.equals(host)
                    || host.endsWith("." + d)
                    || d.equals(host + ":" + uri.getPort()));
  }

  @Override
  public void connectFailed(URI uri, SocketAddress address, IOException e) {
    // the request itself says so
  }
}
