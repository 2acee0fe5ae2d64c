package dev.hone.data.chat;

import com.hubspot.jinjava.el.TypeConvertingMapELResolver;
import com.hubspot.jinjava.el.ext.JinjavaBeanELResolver;
import com.hubspot.jinjava.el.ext.JinjavaListELResolver;
import com.hubspot.jinjava.lib.exptest.ExpTest;
import com.hubspot.jinjava.lib.filter.Filter;
import com.hubspot.jinjava.util.ForLoop;
import java.util.Map;
import jinjava.javax.el.ArrayELResolver;
import jinjava.javax.el.CompositeELResolver;
import jinjava.javax.el.ELContext;
import jinjava.javax.el.ELResolver;
import org.jspecify.annotations.Nullable;

/**
 * What an expression in a template can reach: entries of maps and lists, the loop variable, and the
 * methods of Python's strings and dictionaries that templates use. There is no way to a Java method
 * or field of anything else.
 */
final class TemplateResolver extends JinjavaBeanELResolver {
  private TemplateResolver() {
    super(true);
  }

  static ELResolver create() {
    CompositeELResolver all = new CompositeELResolver();
    all.add(new ArrayELResolver(true));
    all.add(new JinjavaListELResolver(true));
    all.add(new TypeConvertingMapELResolver(true));
    all.add(new TemplateResolver());
    return all;
  }

  @Override
  public @Nullable Object getValue(
      ELContext context, @Nullable Object base, @Nullable Object property) {
    if (base instanceof ForLoop) {
      return super.getValue(context, base, property);
    }
    if (base instanceof String text && String.valueOf(property).matches("-?[0-9]{1,9}")) {
      context.setPropertyResolved(true);
      int index = Integer.parseInt(String.valueOf(property));
      int at = index < 0 ? text.length() + index : index;
      return at >= 0 && at < text.length() ? text.substring(at, at + 1) : null;
    }
    context.setPropertyResolved(base != null);
    return null;
  }

  @Override
  public @Nullable Object invoke(
      ELContext context,
      @Nullable Object base,
      Object method,
      Class<?> @Nullable [] types,
      Object @Nullable [] given) {
    // Jinjava calls its own filters and tests this way, too.
    if ((base instanceof Filter && method.equals("filter"))
        || (base instanceof ExpTest && String.valueOf(method).startsWith("evaluate"))) {
      return super.invoke(context, base, method, types, given);
    }
    context.setPropertyResolved(true);
    Object[] arguments = given == null ? new Object[0] : given;
    String name = String.valueOf(method);
    if (base instanceof CharSequence text) {
      return PythonStrings.call(text.toString(), name, arguments);
    }
    if (base instanceof Map<?, ?> map) {
      return call(map, name, arguments);
    }
    throw new UnsupportedOperationException(
        "the template calls '" + name + "' on a value that has no such method");
  }

  private static @Nullable Object call(Map<?, ?> map, String name, Object[] arguments) {
    return switch (name) {
      case "items" -> map.entrySet();
      case "keys" -> map.keySet();
      case "values" -> map.values();
      case "get" -> {
        Object value = map.get(arguments[0]);
        yield value == null && arguments.length > 1 ? arguments[1] : value;
      }
      default ->
          throw new UnsupportedOperationException(
              "the template calls '" + name + "' on a dictionary");
    };
  }
}
