//===- Font.cpp - A small font for labels ---------------------------------===//

#include "attn/Picture/Font.h"

namespace attn::font {

// Printable ASCII from the space on. A glyph is seven rows of five pixels, a
// row is one digit of base 32 (0-9, A-V), its highest bit the leftmost pixel.
static constexpr const char *glyphs[] = {
    "0000000", "4444404", "AA00000", "AAVAVAA", "4FKE5U4", // space ! " # $
    "OP248J3", "CIK8LID", "4400000", "2488842", "8422248", // % & ' ( )
    "04LEL40", "044V440", "0000448", "000V000", "00000CC", // * + , - .
    "11248GG", "EHJLPHE", "4C4444E", "EH1248V", "V2421HE", // / 0 1 2 3
    "26AIV22", "VGU11HE", "68GUHHE", "V124888", "EHHEHHE", // 4 5 6 7 8
    "EHHF12C", "0CC0CC0", "0CC0C48", "248G842", "00V0V00", // 9 : ; < =
    "8421248", "EH12404", "EH1DLLE", "EHHHVHH", "UHHUHHU", // > ? @ A B
    "EHGGGHE", "SIHHHIS", "VGGUGGV", "VGGUGGG", "EHGNHHF", // C D E F G
    "HHHVHHH", "E44444E", "72222IC", "HIKOKIH", "GGGGGGV", // H I J K L
    "HRLLHHH", "HHPLJHH", "EHHHHHE", "UHHUGGG", "EHHHLID", // M N O P Q
    "UHHUKIH", "FGGE11U", "V444444", "HHHHHHE", "HHHHHA4", // R S T U V
    "HHHLLLA", "HHA4AHH", "HHHA444", "V1248GV", "E88888E", // W X Y Z [
    "GG84211", "E22222E", "4AH0000", "000000V", "8420000", // \ ] ^ _ `
    "00E1FHF", "GGMPHHU", "00EGGHE", "11DJHHF", "00EHVGE", // a b c d e
    "698S888", "00FHF1E", "GGMPHHH", "40C444E", "20622IC", // f g h i j
    "GGIKOKI", "C44444E", "00QLLHH", "00MPHHH", "00EHHHE", // k l m n o
    "00UHUGG", "00DJF11", "00MPGGG", "00FGE1U", "88S8896", // p q r s t
    "00HHHJD", "00HHHA4", "00HHLLA", "00HA4AH", "00HHF1E", // u v w x y
    "00V248V", "2448442", "4444444", "8442448", "008L200", // z { | } ~
};
static constexpr const char *unknown = "VHHHHHV";

bool pixel(char character, int64_t x, int64_t y) {
  const char *glyph =
      character >= ' ' && character <= '~' ? glyphs[character - ' '] : unknown;
  const char digit = glyph[y];
  const int row = digit <= '9' ? digit - '0' : digit - 'A' + 10;
  return row >> (glyphWidth - 1 - x) & 1;
}

} // namespace attn::font
