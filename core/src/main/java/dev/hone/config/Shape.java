package dev.hone.config;

import java.lang.reflect.AnnotatedParameterizedType;
import java.lang.reflect.AnnotatedType;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A configuration type taken apart: what the binder, the writer and the schema ask of it. */
final class Shape {
  private Shape() {}

  static Class<?> raw(Type type) {
    return switch (type) {
      case Class<?> c -> c;
      case ParameterizedType p -> (Class<?>) p.getRawType();
      default -> throw new IllegalStateException(type + " cannot be a recipe key");
    };
  }

  static AnnotatedType argument(AnnotatedType type, int index) {
    if (type instanceof AnnotatedParameterizedType p) {
      return p.getAnnotatedActualTypeArguments()[index];
    }
    throw new IllegalStateException(type + " needs a type argument");
  }

  static boolean nullable(AnnotatedType type) {
    return type.isAnnotationPresent(Nullable.class);
  }

  static boolean isFamily(Class<?> type) {
    return type.isAnnotationPresent(OneOf.class);
  }

  /** The records of a family by the word that chooses them. */
  static Map<String, Class<?>> choices(Class<?> family) {
    Map<String, Class<?>> choices = new LinkedHashMap<>();
    for (Class<?> choice : family.getAnnotation(OneOf.class).value()) {
      choices.put(name(choice), choice);
    }
    return choices;
  }

  /** The record that is meant where no word chooses one, or null. */
  static @Nullable Class<?> usual(Class<?> family) {
    Class<?> usual = family.getAnnotation(OneOf.class).usual();
    return usual == void.class ? null : usual;
  }

  static String name(Class<?> choice) {
    Name name = choice.getAnnotation(Name.class);
    if (name == null) {
      throw new IllegalStateException(choice + " has no @Name");
    }
    return name.value();
  }

  /** The constants of an enum by the word that a recipe uses: ZERO_SHOT is zero-shot. */
  static Map<String, Object> words(Class<?> type) {
    Map<String, Object> words = new LinkedHashMap<>();
    for (Object constant : type.getEnumConstants()) {
      words.put(word((Enum<?>) constant), constant);
    }
    return words;
  }

  static String word(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  static Record defaults(Class<?> type) {
    try {
      Method defaults = type.getDeclaredMethod("defaults");
      defaults.setAccessible(true);
      return (Record) defaults.invoke(null);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(type + " needs a static method defaults()", e);
    }
  }

  static @Nullable Object get(RecordComponent component, Record record) {
    try {
      Method accessor = component.getAccessor();
      accessor.setAccessible(true);
      return accessor.invoke(record);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("cannot read " + component, e);
    }
  }

  /**
   * Calls the canonical constructor.
   *
   * @throws IllegalArgumentException as thrown by the record's own checks
   */
  static Record create(Class<?> type, @Nullable Object[] values) {
    Class<?>[] types =
        Arrays.stream(type.getRecordComponents())
            .map(RecordComponent::getType)
            .toArray(Class<?>[]::new);
    try {
      Constructor<?> canonical = type.getDeclaredConstructor(types);
      canonical.setAccessible(true);
      return (Record) canonical.newInstance(values);
    } catch (InvocationTargetException e) {
      if (e.getCause() instanceof RuntimeException thrown) {
        throw thrown;
      }
      throw new IllegalStateException("cannot make " + type, e);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("cannot make " + type, e);
    }
  }
}
