package dev.hone.config;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** The records, each with a {@link Name}, among which a recipe's {@code type} key chooses. */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.TYPE)
public @interface OneOf {
  Class<?>[] value();

  /** The record that is meant where a recipe has no {@code type}; by default it must have one. */
  Class<?> usual() default void.class;
}
