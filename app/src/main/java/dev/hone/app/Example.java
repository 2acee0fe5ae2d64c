package dev.hone.app;

import java.lang.annotation.ElementType;
import java.lang.annotation.Repeatable;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** A command line worth knowing, shown by {@code hone} and by the command's own help. */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.TYPE)
@Repeatable(Example.All.class)
@interface Example {
  /** What is typed, {@code hone} included. */
  String line();

  /** What it does, in a few words. */
  String does();

  /** The examples of one command. */
  @Retention(RetentionPolicy.RUNTIME)
  @Target(ElementType.TYPE)
  @interface All {
    Example[] value();
  }
}
