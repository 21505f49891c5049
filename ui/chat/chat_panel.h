// ChatPanel: the centre of the window: load strip, notices, the conversation as text or as tokens,
// the search bar and the message box.
#pragma once

#include <QWidget>
#include <vector>

#include "app/workspace.h"
#include "ui/chat/token_heat.h"

class QLabel;
class QLineEdit;
class QStackedWidget;

namespace ui {

class ChatView;
class Composer;
class ContextTokensView;
class NoticeBar;
class Theme;

class ChatPanel : public QWidget {
  Q_OBJECT

 public:
  ChatPanel(app::Workspace& workspace, Theme& theme, QWidget* parent = nullptr);

  ChatView* view() { return view_; }
  Composer* composer() { return composer_; }
  bool showsTokens() const;
  void setShowsTokens(bool shows);
  /// Colours these tokens in the text and in the token view; an empty list takes the colours away.
  void setTokenHeat(std::vector<HeatedToken> heat);
  void openFind();
  void showNotice(const app::Notice& notice);

 Q_SIGNALS:
  void samplingRequested();
  void systemPromptRequested();
  void exactPromptRequested();
  void openCheckpointRequested();
  void tokensShown(bool shown);

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  QWidget* makeEmptyPage();
  QWidget* makeFindBar();
  void connectParts();
  void refreshPage();
  void refreshNotices();
  void find(bool forward);
  void closeFind();
  void onLink(const QString& address);

  app::Workspace& workspace_;
  Theme& theme_;
  ChatView* view_ = nullptr;
  ContextTokensView* tokens_ = nullptr;
  Composer* composer_ = nullptr;
  QStackedWidget* pages_ = nullptr;
  QWidget* emptyPage_ = nullptr;
  QLabel* emptyTitle_ = nullptr;
  QLabel* emptyText_ = nullptr;
  NoticeBar* loadNotice_ = nullptr;
  NoticeBar* contextNotice_ = nullptr;
  NoticeBar* storeNotice_ = nullptr;
  NoticeBar* notice_ = nullptr;
  QWidget* findBar_ = nullptr;
  QLineEdit* findField_ = nullptr;
  QLabel* findResult_ = nullptr;
  QString loadProblemSeen_;
};

}  // namespace ui
